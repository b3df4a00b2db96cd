"""What all reports share: the period they cover, and their form as a table (V3)."""
