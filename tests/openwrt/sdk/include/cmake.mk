# Stands for the SDK's cmake.mk.
