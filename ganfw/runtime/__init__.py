"""The machine a run is on: device, precision, processes, random streams."""
