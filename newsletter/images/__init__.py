"""The pictures we show: taken in, cleaned, cropped, kept under the hash of their content and served for good."""
