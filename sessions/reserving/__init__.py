"""Places kept for a token until a moment: asked, held, used, released, expired, and always told as they are."""
