"""How Chinese question banks are written: headers, types, options, answers, and the smaller fields."""
