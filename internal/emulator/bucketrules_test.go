package emulator

import (
	"maps"
	"strings"
	"testing"
)

// rules are those of a bucket: some pages may read and write, every page may read.
const rules = `<CORSConfiguration><CORSRule><AllowedOrigin>https://*.shop.example</AllowedOrigin>
<AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedHeader>x-amz-*</AllowedHeader>
<AllowedHeader>Content-Type</AllowedHeader>
<ExposeHeader>ETag</ExposeHeader><ExposeHeader>x-amz-meta-color</ExposeHeader>
<MaxAgeSeconds>60</MaxAgeSeconds></CORSRule><CORSRule><AllowedOrigin>*</AllowedOrigin>
<AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>`

func TestRulesOfABucketAllowPages(t *testing.T) {
	t.Parallel()
	const here = "http://localhost:4566"
	shop, other := page{"Origin": "https://www.shop.example"}, page{"Origin": "https://other.example"}
	with := func(p page, more page) page {
		all := maps.Clone(p)
		maps.Copy(all, more)
		return all
	}
	asks := func(method, headers string) page {
		return page{"Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
	}
	tests := []struct {
		name         string
		access       Access
		page         page
		method, path string
		status       int
		allowed      string // the value of Access-Control-Allow-Origin
	}{
		{"read", Access{}, shop, "GET", "/bucket/key", 200, "https://www.shop.example"},
		{"write", Access{}, shop, "PUT", "/bucket/new", 200, "https://www.shop.example"},
		{"ask to write", Access{}, with(shop, asks("PUT", "X-Amz-Meta-Color,content-type")), "OPTIONS", "/bucket/new", 204,
			"https://www.shop.example"},
		{"by the host", Access{}, shop, "PUT", "http://bucket.s3.localhost.localstack.cloud:4566/new", 200,
			"https://www.shop.example"},
		{"every page reads", Access{}, other, "GET", "/bucket/key", 200, "*"},
		{"LocalStack's app needs no rule", Access{}, page{"Origin": "https://app.localstack.cloud"}, "DELETE",
			"/bucket/key", 204,
			"https://app.localstack.cloud"},
		{"copy within the bucket", Access{}, with(shop, page{"X-Amz-Copy-Source": "/bucket/key"}), "PUT", "/bucket/new", 200,
			"https://www.shop.example"},

		{"another page writes", Access{}, other, "PUT", "/bucket/new", 403, ""},
		{"another page asks to write", Access{}, with(other, asks("PUT", "")), "OPTIONS", "/bucket/new", 403, ""},
		{"a page of a similar name", Access{}, page{"Origin": "https://shop.example"}, "PUT", "/bucket/new", 403, ""},
		{"a method that is not allowed", Access{}, shop, "DELETE", "/bucket/key", 403, ""},
		{"a header that is not allowed", Access{}, with(shop, asks("PUT", "x-other")), "OPTIONS", "/bucket/new", 403, ""},
		{"another bucket", Access{}, shop, "GET", "/private/key", 403, ""},
		{"a way to another bucket", Access{}, shop, "GET", "/bucket/../private/key", 404, "https://www.shop.example"},
		{"copy from another bucket", Access{}, with(shop, page{"X-Amz-Copy-Source": "private/key"}), "PUT", "/bucket/new",
			403, ""},
		{"the same in other letters", Access{}, with(shop, page{"X-Amz-Copy-Source": "%70rivate%2Fkey"}), "PUT",
			"/bucket/new",
			403, ""},
		{"all buckets", Access{}, shop, "GET", "/", 403, ""},
		{"control endpoints", Access{}, shop, "GET", "/_localstack/info", 403, ""},
		{"control endpoints by the bucket's host", Access{}, shop, "PUT",
			"http://bucket.s3.localhost.localstack.cloud:4566/_localstack/health", 403, ""},
		{"another service", Access{}, with(shop, page{"X-Amz-Target": "AmazonSQS.ListQueues"}), "PUT", "/bucket/new", 403,
			""},
		{"a strange host", Access{}, other, "GET", "http://bucket.s3.evil.com:4566/key", 403, ""},
		{"turned off", Access{NoBucketRules: On}, shop, "GET", "/bucket/key", 403, ""},
		{"without headers", Access{NoHeaders: On}, shop, "GET", "/bucket/key", 200, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e, _ := newTest(t, Options{Access: tt.access})
			for path, content := range map[string]string{"bucket": "", "bucket?cors": rules, "private": ""} {
				_ = ask(e, "PUT", here+"/"+strings.Split(path, "?")[0], "")
				if w := ask(e, "PUT", here+"/"+path, content); w.Code != 200 {
					t.Fatalf("%s: %d %s", path, w.Code, w.Body)
				}
			}
			_ = ask(e, "PUT", here+"/bucket/key", "content")
			_ = ask(e, "PUT", here+"/private/key", "private")
			target := tt.path
			if strings.HasPrefix(target, "/") {
				target = here + target
			}
			w := tt.page.sends(e, tt.method, target, "")
			if got := w.Header().Get("Access-Control-Allow-Origin"); w.Code != tt.status || got != tt.allowed {
				t.Errorf("status %d, allows %q; want %d, %q: %s", w.Code, got, tt.status, tt.allowed, w.Body)
			}
			if strings.Contains(w.Body.String(), "private") && w.Code < 300 {
				t.Errorf("got %s", w.Body)
			}
		})
	}
}

func TestARuleSaysWhatPagesMayReadAndForHowLong(t *testing.T) {
	t.Parallel()
	e, _ := newTest(t, Options{})
	_, _ = ask(e, "PUT", "/bucket", ""), ask(e, "PUT", "/bucket?cors", rules)
	w := page{"Origin": "https://www.shop.example"}.sends(e, "GET", "http://localhost:4566/bucket/none", "")
	for name, want := range map[string]string{
		"Access-Control-Expose-Headers": "ETag, x-amz-meta-color", "Access-Control-Max-Age": "60",
		"Access-Control-Allow-Methods": "GET, PUT", "Access-Control-Allow-Credentials": "true",
		"Vary": "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
