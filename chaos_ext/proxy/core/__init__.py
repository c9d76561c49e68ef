"""The data plane: from an accepted client to its server, through toxics."""
