package facts

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/client"
	"golang.org/x/sys/unix"
)

// engineLimit is how long the container engine has for an answer.
const engineLimit = 2 * time.Second

// maxEngineAnswer bounds what is read from the engine: about 10,000 containers.
const maxEngineAnswer = 32 << 20

// versionLabel is the label with the product version on every container of
// Mirantis Kubernetes Engine.
const versionLabel = "com.docker.ucp.version"

// engineAnswer is what the container engine said.
type engineAnswer struct {
	Engine
	containers []Container
}

// listContainers asks the local engine for its running containers: one list call.
// Nothing is inspected, because that carries the environment of the containers with
// their secrets. The socket is reached through its descriptor, so that a link in
// the machine's tree cannot name another one.
func (l *live) listContainers(ctx context.Context) engineAnswer {
	sock, err := openIn(l.root, l.o.DockerSocket, unix.O_PATH)
	if err != nil {
		return engineAnswer{Engine: engineError(l.o.DockerSocket, err)}
	}
	defer sock.Close()
	st, err := fstat(sock)
	switch {
	case err != nil:
		return engineAnswer{Engine: engineError(l.o.DockerSocket, err)}
	case st.Mode&unix.S_IFMT != unix.S_IFSOCK:
		return engineAnswer{Engine: Engine{Unreadable, l.o.DockerSocket + " is not a socket"}}
	}
	ctx, cancel := context.WithTimeout(ctx, engineLimit)
	defer cancel()
	containers, err := askEngine(ctx, sock)
	if err != nil {
		return engineAnswer{Engine: engineError(l.o.DockerSocket, err)}
	}
	return engineAnswer{Engine{State: Present}, containers}
}

// engineError says in words why there are no names of containers.
func engineError(socket string, err error) Engine {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Engine{Absent, "there is no " + socket}
	case errors.Is(err, fs.ErrPermission):
		return Engine{Unreadable, "permission denied: needs root or the group of " + socket}
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded):
		return Engine{Unreadable, "no answer from " + socket + " within " + engineLimit.String()}
	case errors.Is(err, unix.ECONNREFUSED):
		return Engine{Absent, "nothing listens on " + socket}
	}
	return Engine{Unreadable, socket + ": " + textOf(firstLine(err.Error()))}
}

// firstLine bounds a message of the engine.
func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	if len(s) > 300 {
		s = s[:300] + "..."
	}
	return s
}

// askEngine makes the call. The client is given everything: nothing is taken from
// the environment.
func askEngine(ctx context.Context, sock *os.File) ([]Container, error) {
	var refused error // the client wraps it in text
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var conn net.Conn
		err := withFD(sock, func(fd int) (err error) {
			var d net.Dialer
			conn, err = d.DialContext(ctx, "unix", "/proc/self/fd/"+strconv.Itoa(fd))
			return err
		})
		if err != nil {
			refused = err
			return nil, err
		}
		return &boundedConn{Conn: conn, left: maxEngineAnswer}, nil
	}
	c, err := client.New(
		client.WithHost("unix:///var/run/docker.sock"),
		client.WithDialContext(dial),
		client.WithHTTPHeaders(map[string]string{"User-Agent": "mkeaudit"}),
	)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	list, err := c.ContainerList(ctx, client.ContainerListOptions{})
	if err != nil {
		switch {
		case refused != nil:
			return nil, refused
		case ctx.Err() != nil:
			return nil, ctx.Err()
		}
		return nil, err
	}
	containers := make([]Container, 0, len(list.Items))
	for _, c := range list.Items {
		one := Container{ID: textOf(c.ID), Name: textOf(ownName(c.Names)), Image: textOf(c.Image)}
		if !strings.HasPrefix(one.Name, "k8s_") { // anybody's image can bring the label into a pod
			one.Version = textOf(c.Labels[versionLabel])
		}
		containers = append(containers, one)
	}
	return containers, nil
}

// ownName picks a container's own name: the others are links, which hold a slash.
func ownName(names []string) string {
	for _, n := range names {
		if n = strings.TrimPrefix(n, "/"); n != "" && !strings.Contains(n, "/") {
			return n
		}
	}
	return ""
}

// boundedConn ends after a number of bytes, so that an engine cannot fill the memory.
type boundedConn struct {
	net.Conn
	left int
}

func (c *boundedConn) Read(b []byte) (int, error) {
	if c.left <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	if len(b) > c.left {
		b = b[:c.left]
	}
	n, err := c.Conn.Read(b)
	c.left -= n
	return n, err
}

// keptContainers are those that a snapshot keeps: the ones that candidates run in,
// and those that the distribution names or labels as its own; the named ones first.
func keptContainers(all []Container, processes []Process) []Container {
	used := make(map[string]bool)
	for _, p := range processes {
		if p.Container != nil {
			used[p.Container.ID] = true
		}
	}
	var out []Container
	for _, c := range all {
		if used[c.ID] || strings.HasPrefix(c.Name, "ucp-") || c.Version != "" {
			out = append(out, c)
		}
	}
	sort.SliceStable(out, func(i, j int) bool {
		if a, b := strings.HasPrefix(out[i].Name, "ucp-"), strings.HasPrefix(out[j].Name, "ucp-"); a != b {
			return a
		}
		if out[i].Name != out[j].Name {
			return out[i].Name < out[j].Name
		}
		return out[i].ID < out[j].ID
	})
	return out
}
