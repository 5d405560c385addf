"""What labels can be learned by."""
