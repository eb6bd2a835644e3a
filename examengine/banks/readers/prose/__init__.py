"""Question papers typed as running text: headings, numbered stems, lettered options, answers wherever they stand."""
