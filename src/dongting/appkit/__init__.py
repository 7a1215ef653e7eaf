"""What an application is: records, actions, roles, field kinds and workflows."""
