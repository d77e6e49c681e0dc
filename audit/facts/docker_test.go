package facts

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

// engine starts a container engine on a socket below a tree.
func (f tree) engine(p string, handler http.Handler) {
	f.t.Helper()
	f.mkdir("engine", 0o755)
	// A socket's path is bounded to 108 bytes; a temporary directory may be deeper.
	short, err := os.MkdirTemp("/tmp", "e")
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { os.RemoveAll(short) })
	l, err := net.Listen("unix", short+"/s")
	if err != nil {
		f.t.Fatal(err)
	}
	f.write(p, "", 0o644)
	os.Remove(f.path(p))
	if err := os.Link(short+"/s", f.path(p)); err != nil {
		f.t.Fatalf("the temporary directory is not on the file system of /tmp: %v", err)
	}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: handler}}
	s.Start()
	f.t.Cleanup(s.Close)
}

func TestListContainers(t *testing.T) {
	f := newTree(t)
	f.process(20, map[string]string{"cmdline": "kubelet\x00", "exe": "->/kubelet", "cgroup": "0::/docker/" + idA})
	var mu sync.Mutex
	var asked []string
	f.engine("run/docker.sock", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.Method+" "+r.URL.String())
		mu.Unlock()
		w.Header().Set("Api-Version", "1.41")
		if strings.HasSuffix(r.URL.Path, "/_ping") {
			return
		}
		json.NewEncoder(w).Encode([]map[string]any{
			{"Id": idA, "Names": []string{"/link/alias", "/ucp-kubelet"}, "Image": "mirantis/ucp-agent:3.7.2", "Labels": map[string]string{"com.docker.ucp.version": "3.7.2", "secret": "x"}},
			{"Id": idB, "Names": []string{"/ucp-proxy"}, "Image": "mirantis/ucp-agent:3.7.2"},
			{"Id": "c", "Names": []string{"/k8s_evil"}, "Image": "evil", "Labels": map[string]string{"com.docker.ucp.version": "9.9.9"}},
			{"Id": "d", "Names": []string{"/other"}, "Image": "other"},
			{"Id": "e", "Names": []string{"/labelled"}, "Image": "x", "Labels": map[string]string{"com.docker.ucp.version": "3.7.1"}},
		})
	}))
	f.link("var/run", "/run") // absolute, as on a real machine
	t.Setenv("DOCKER_HOST", "tcp://192.0.2.1:2376")
	t.Setenv("DOCKER_API_VERSION", "1.99")
	t.Setenv("DOCKER_TLS_VERIFY", "1")
	t.Setenv("HTTP_PROXY", "http://192.0.2.1:1")

	s, _ := f.scan(nil)
	want := []Container{
		{ID: idA, Name: "ucp-kubelet", Image: "mirantis/ucp-agent:3.7.2", Version: "3.7.2"},
		{ID: idB, Name: "ucp-proxy", Image: "mirantis/ucp-agent:3.7.2"},
		{ID: "e", Name: "labelled", Image: "x", Version: "3.7.1"},
	}
	if s.Engine != (Engine{State: Present}) || !reflect.DeepEqual(s.Containers, want) {
		t.Errorf("engine %+v\ngot  %+v\nwant %+v", s.Engine, s.Containers, want)
	}
	if p := byPID(s, 20); p.Container == nil || p.Container.Name != "ucp-kubelet" {
		t.Errorf("the process has no name: %+v", p)
	}
	if v, _ := s.MKEVersion(); v != "3.7.2" {
		t.Errorf("version %q", v)
	}
	if !reflect.DeepEqual(asked, []string{"HEAD /_ping", "GET /v1.41/containers/json"}) {
		t.Errorf("asked %q", asked)
	}
}

func TestListContainersTroubles(t *testing.T) {
	endless := make(chan struct{})
	defer close(endless)
	tests := map[string]struct {
		handler http.HandlerFunc
		state   State
		why     string
	}{
		"an error": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, `{"message":"no\u001b[2J"}`, 500) }, Unreadable, "no"},
		"no JSON":  {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }, Unreadable, "invalid character"},
		"too much": {func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				fmt.Fprint(w, `[{"Id":"`)
				for range 40 << 10 {
					if _, err := w.Write(make([]byte, 1024)); err != nil {
						return
					}
				}
			}
		}, Unreadable, ""},
		"no answer": {func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-endless:
			case <-r.Context().Done():
			}
		}, Unreadable, "no answer from /var/run/docker.sock within 2s"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newTree(t)
			f.engine("var/run/docker.sock", tt.handler)
			ctx := context.Background()
			if name == "no answer" {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, 50*time.Millisecond)
				defer cancel()
			}
			got := f.live(nil).(*live).listContainers(ctx)
			if got.State != tt.state || !strings.Contains(got.Why, tt.why) || len(got.containers) != 0 {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestNoEngine(t *testing.T) {
	f := newTree(t)
	if e := f.live(nil).(*live).listContainers(t.Context()).Engine; e.State != Absent {
		t.Errorf("no socket: %+v", e)
	}
	f.write("var/run/docker.sock", "", 0o644)
	if e := f.live(nil).(*live).listContainers(t.Context()).Engine; e.State != Unreadable || !strings.Contains(e.Why, "is not a socket") {
		t.Errorf("a file: %+v", e)
	}
	g := newTree(t)
	g.engine("var/run/docker.sock", http.NotFoundHandler())
	g.link("elsewhere", "/var/run/docker.sock")
	n, err := Live(LiveOptions{Root: g.dir, DockerSocket: "/elsewhere"})
	if err != nil {
		t.Fatal(err)
	}
	if e := n.(*live).listContainers(t.Context()).Engine; e.State != Unreadable {
		t.Errorf("not an engine: %+v", e)
	}
}

func TestSocketWithoutListener(t *testing.T) {
	f := newTree(t)
	f.mkdir("var/run", 0o755)
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: shortDir(t) + "/s"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	if err := os.Link(dead.Addr().String(), f.path("var/run/docker.sock")); err != nil {
		t.Fatal(err)
	}
	dead.Close()
	if e := f.live(nil).(*live).listContainers(t.Context()).Engine; e.State != Absent || !strings.Contains(e.Why, "nothing listens") {
		t.Errorf("got %+v", e)
	}
}

func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "e")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
