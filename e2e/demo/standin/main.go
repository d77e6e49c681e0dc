// Command standin is a program that does nothing until it is told to stop. Copies
// of it under the names of real components give the demonstration node real
// processes with real command lines, in real containers. It opens no file and no
// socket.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	<-stop
}
