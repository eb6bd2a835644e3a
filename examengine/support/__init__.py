"""What support staff may do for a candidate: always an entry with who, why, when and a ticket."""
