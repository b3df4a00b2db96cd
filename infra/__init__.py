"""What surrounds the application and is not shipped in its package: the template and the local run."""
