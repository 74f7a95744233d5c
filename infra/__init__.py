"""The AWS stack: its Pulumi components, one in each module, its settings and its builds."""
