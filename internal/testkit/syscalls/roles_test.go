package syscalls

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// TestMain runs the tests, or plays the role that argv[0] names: a program in Go whose system calls
// they decide about.
func TestMain(m *testing.M) {
	roles := map[string]func(args []string) int{
		"starter":  playStarter,
		"threads":  playThreads,
		"forks":    playForks,
		"disk":     playDisk,
		"at":       playAt,
		"receiver": playReceiver,
		"parent":   playParent,
	}
	if play, ok := roles[os.Args[0]]; ok {
		time.AfterFunc(time.Minute, func() { os.Exit(99) }) // nothing outlives a failed test for long
		os.Exit(play(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// playStarter starts a command as an init does, again and again until it can.
func playStarter([]string) int {
	for {
		pid, err := syscall.ForkExec("/bin/sh", []string{"sh", "-c", "exit 7"}, nil)
		if err != nil {
			errno, _ := errors.AsType[syscall.Errno](err)
			fmt.Println(int(errno))
			continue
		}
		var status unix.WaitStatus
		_, _ = unix.Wait4(pid, &status, 0, nil)
		return status.ExitStatus()
	}
}

// playThreads has eight threads at once, then starts a process.
func playThreads([]string) int {
	var here, done sync.WaitGroup
	here.Add(8)
	for range 8 {
		done.Go(func() {
			runtime.LockOSThread()
			here.Done()
			here.Wait()
		})
	}
	done.Wait()
	_, err := syscall.ForkExec("/bin/true", []string{"true"}, nil)
	fmt.Println(err)
	return 7
}

// playForks makes a process in every way there is.
func playForks([]string) int {
	for _, number := range Forks {
		args := [8]uint64{4: uint64(unix.SIGCHLD)} // a struct clone_args
		first, second := uintptr(0), uintptr(0)
		switch number {
		case unix.SYS_CLONE:
			first = uintptr(unix.SIGCHLD)
		case unix.SYS_CLONE3:
			first, second = uintptr(unsafe.Pointer(&args)), unsafe.Sizeof(args)
		}
		pid, _, errno := unix.RawSyscall(number, first, second, 0)
		if pid == 0 {
			os.Exit(98)
		}
		fmt.Println(subjects[number].name, int(errno))
	}
	return 7
}

// playDisk writes a file for each line that it reads, and syncs it, all at the same time.
func playDisk([]string) int {
	var writers sync.WaitGroup
	for scanner := bufio.NewScanner(os.Stdin); scanner.Scan(); {
		path := scanner.Text()
		writers.Go(func() {
			file, err := os.Create(path)
			if err == nil {
				_, err = file.WriteAt([]byte("content"), 1)
			}
			if err == nil {
				err = file.Sync()
			}
			fmt.Println("synced", filepath.Base(path), err)
		})
	}
	writers.Wait()
	return 7
}

// playAt names files relative to the directory that it is given.
func playAt(args []string) int {
	directory, err := unix.Open(args[0], unix.O_DIRECTORY, 0)
	fail := func(another error) {
		if err == nil {
			err = another
		}
	}
	_, openErr := unix.Openat(directory, "one", unix.O_CREAT|unix.O_WRONLY, 0o600)
	fail(openErr)
	_, openErr = unix.Openat2(directory, "./two", &unix.OpenHow{Flags: unix.O_CREAT | unix.O_WRONLY, Mode: 0o600})
	fail(openErr)
	fail(unix.Renameat(directory, "one", unix.AT_FDCWD, "three"))
	fail(unix.Renameat2(directory, "two", directory, "./four", unix.RENAME_NOREPLACE))
	fail(unix.Rename(filepath.Join(args[0], "four"), filepath.Join(args[0], "five")))
	fmt.Println(err)
	return 7
}

// playReceiver syncs a file, and gets a signal at the latest then.
func playReceiver(args []string) int {
	signals := make(chan os.Signal, 100)
	signal.Notify(signals, unix.SIGUSR1)
	err := syncNew(args[0])
	<-signals
	fmt.Println("synced", err)
	return 7
}

func syncNew(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return file.Sync()
}

// playParent has a child that plays the role in args, and waits to be killed.
func playParent(args []string) int {
	child := exec.Cmd{Path: "/proc/self/exe", Args: args, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
	if err := child.Start(); err != nil {
		fmt.Println(err)
	}
	select {}
}
