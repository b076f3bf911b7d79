"""ganfw's own components. Each folder here is written as a third party's plugin would be."""
