"""What stands where text was taken out: keys, wording, quoted lines of folds; and the way back."""
