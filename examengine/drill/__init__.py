"""The capacity drill: synthetic candidates against the installation as it stands, and what it carried."""
