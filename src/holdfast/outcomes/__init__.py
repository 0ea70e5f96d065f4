"""What became of an at-risk list, and whether calling helped: pure, no disk, no clock."""
