"""What an experiment file says, read strictly: nothing here starts or changes anything."""
