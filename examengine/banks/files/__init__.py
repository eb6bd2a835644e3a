"""What an upload is made of, opened under limits: archives, XML, text."""
