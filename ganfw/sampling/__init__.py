"""From latents to samples, and samples to files."""
