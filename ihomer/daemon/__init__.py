"""The daemon: learns from Kafka for months, and never loses the place."""
