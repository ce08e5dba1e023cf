"""Where mail is handed over: one relay from the environment, or several from a file, with shares and failover."""
