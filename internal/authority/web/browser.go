package web

import "strings"

// The browsers and systems that User-Agent headers name, the ones first that also name another: Edge says that it is
// Chrome, Chrome that it is Safari, Android that it is Linux.
var (
	browsers = [][2]string{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Vivaldi/", "Vivaldi"},
		{"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"HeadlessChrome/", "Chrome"}, {"CriOS/", "Chrome"},
		{"Chrome/", "Chrome"}, {"Safari/", "Safari"},
	}
	systems = [][2]string{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"CrOS", "ChromeOS"}, {"Windows", "Windows"},
		{"Macintosh", "macOS"}, {"Linux", "Linux"},
	}
)

// browserName is the name of a browser for people, such as "Firefox on Linux", from its User-Agent header, or the
// header as it is.
func browserName(userAgent string) string {
	browser, system := firstIn(userAgent, browsers), firstIn(userAgent, systems)
	switch {
	case userAgent == "":
		return "A browser that did not say its name"
	case browser == "":
		return userAgent
	case system == "":
		return browser
	}
	return browser + " on " + system
}

func firstIn(text string, names [][2]string) string {
	for _, one := range names {
		if strings.Contains(text, one[0]) {
			return one[1]
		}
	}
	return ""
}
