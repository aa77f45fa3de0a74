"""The wake schedule: marked hours of the day, at which accounts are asked something small."""
