"""Who people are and how they sign in: documents, names, passwords, sign-in, the import of people."""
