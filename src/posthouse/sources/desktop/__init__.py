"""Desktop activity: when somebody sat at this machine, from looks at how long nobody has touched it."""
