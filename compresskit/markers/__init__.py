"""The forms that replace text which was taken out: keys, wording, and quoted lines of folds. It also restores text."""
