"""Networks and baselines judged on images: a row an image, and what is shown of them."""
