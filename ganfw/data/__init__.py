"""Any dataset, decoded once, then batches on the device."""
