"""The membership application: who belongs to the network, with which keys, roles and standing.

Each concept declares its records and actions here from its own module.
"""

from dongting.appkit.app import App
from dongting.appkit.fields import Text

app = App("membership", 1, Text(en="Membership", zh="成员管理"))
