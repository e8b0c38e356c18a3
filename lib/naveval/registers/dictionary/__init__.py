"""What register owners must deliver, as a document."""
