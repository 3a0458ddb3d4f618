"""Small tools without models and without product words; every package may import them."""
