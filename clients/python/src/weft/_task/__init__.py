"""What runs on workers: an archive of these modules and cloudpickle goes along with every function."""
