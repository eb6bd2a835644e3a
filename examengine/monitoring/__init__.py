"""What the room is watched by: sittings counted from their signs of life, figures of the workers."""
