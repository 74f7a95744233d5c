"""`make wheel`: build the wheel that installs the product on one machine."""
