# One image for web, worker and beat; it holds no embedded parts and runs as an ordinary user.
FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements.txt ./
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY newsletter newsletter
COPY workers workers
COPY templates templates
RUN /venv/bin/pip install --no-cache-dir --no-deps .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /data --create-home newsletter && install -d -o newsletter /media
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
ENV NEWSLETTER_ENV=production NEWSLETTER_HOME=/data NEWSLETTER_MEDIA=/media
USER newsletter
WORKDIR /data
VOLUME /data /media
EXPOSE 8000
ENTRYPOINT ["newsletter"]
CMD ["web", "--bind", "0.0.0.0:8000"]
