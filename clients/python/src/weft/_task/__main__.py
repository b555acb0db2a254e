# Runs with whatever Python a worker has: it must be understood by old ones, and finds the right one, or says so.
import os
import sys


def main():  # type: () -> None
    wanted = sys.argv[1]
    found = "%s-%d.%d" % (sys.implementation.name, sys.version_info[0], sys.version_info[1])
    if found == wanted:
        import weft_task

        weft_task.main()
        return
    name = wanted.replace("cpython-", "python").replace("-", "")
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        path = os.path.join(folder, name)
        if os.path.isfile(path) and len(sys.argv) < 3:
            os.execv(path, [path, "-B", "-s", "-u", sys.argv[0], wanted, "again"])
    import pickle

    with open(os.path.join(".weft", "result"), "wb") as file:
        pickle.dump([("python", found)], file, 2)


main()
