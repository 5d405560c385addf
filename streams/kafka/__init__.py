"""Kafka: topics as streams, and the small protocol over two clients and a log in memory."""
