"""Where an installation can be: a data folder, a table of DynamoDB, a stack of the program."""
