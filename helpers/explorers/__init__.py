"""The explorers: move something and see what changes. One file each: its picture and its controls."""
