"""The door in: where register tables lie, how they are read, and what they must look like."""
