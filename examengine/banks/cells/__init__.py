"""From the bytes of an upload to a grid of cells, whatever the file says it is. Imports nothing by itself."""
