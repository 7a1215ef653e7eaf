"""The governance application: what the founders decide together, and the rules that they decide by.

Each concept declares its records and actions here from its own module.
"""

from dongting.appkit.app import App
from dongting.appkit.fields import Text

app = App("governance", 1, Text(en="Governance", zh="共同治理"))
