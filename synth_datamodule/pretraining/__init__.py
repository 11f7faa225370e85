"""Learning to hear from endless sounds without labels, and what a linear probe finds of it."""
