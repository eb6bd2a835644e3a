"""The live wall: who lives, who fell silent, what workers say of themselves."""
