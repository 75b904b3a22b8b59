"""How a day is pulled: walk, pages, rows, consent."""
