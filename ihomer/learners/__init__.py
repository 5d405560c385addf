"""What a cluster of labels can be learned by."""
