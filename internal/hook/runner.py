# Runs a hook, the script argv[1], as its interpreter would, and writes which variables it has changed. This program
# is in the file of descriptor 3, not among the arguments, for which the kernel has little room.
#
# LocalStack's own runner executes all hooks in one process, so a variable that one sets is there for those after it.
# Ours are processes of their own. At the end of the script, the changes of os.environ replace this program in the file,
# as entries that end with a zero byte: NAME=VALUE for a variable with a new value, NAME for one that is gone. An empty
# entry is the last.
import atexit
import os
import sys


def run():
    descriptor, process, given = 3, os.getpid(), dict(os.environb)
    os.set_inheritable(descriptor, False)
    os.ftruncate(descriptor, 0)
    ours = os.fstat(descriptor)

    def hand_over():
        if os.getpid() != process:
            return  # a copy of this process, which the script has made
        try:
            if not os.path.samestat(ours, os.fstat(descriptor)):
                return  # the script has put another file there
            entries = [name + b"=" + value for name, value in os.environb.items() if given.get(name) != value]
            entries += [name for name in given if name not in os.environb]
            os.pwrite(descriptor, b"".join(entry + b"\0" for entry in entries) + b"\0", 0)
        except OSError:
            pass  # the script has closed it; our caller says so

    atexit.register(hand_over)  # as the first, so it comes last
    path = sys.argv[1]
    sys.argv = [path]
    main = type(sys)("__main__")
    main.__file__ = path
    sys.modules["__main__"] = main
    try:
        with open(path, "rb") as script:
            code = compile(script.read(), path, "exec", dont_inherit=True)
        exec(code, main.__dict__)
    except Exception as failed:
        within = failed.__traceback__.tb_next  # without our own frame
        sys.excepthook(type(failed), failed.with_traceback(within), within)
        sys.exit(1)


run()
