"""The range as head office keeps it: products, categories, taxes, price lists, promotions; many changed at once."""
