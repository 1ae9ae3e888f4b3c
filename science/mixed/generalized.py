def fit_generalized(*a): raise NotImplementedError
