package cache

import (
	"container/list"
	"errors"
	"sync"
)

// ErrMissing says that there is no such entry.
var ErrMissing = errors.New("cache: no such entry")

type entry struct {
	key   string
	value []byte
}

// Cache keeps the most recently used values.
type Cache struct {
	mutex    sync.Mutex
	capacity int
	order    *list.List
	entries  map[string]*list.Element
}

// New makes a cache for capacity values.
func New(capacity int) *Cache {
	return &Cache{
		capacity: capacity,
		order:    list.New(),
		entries:  make(map[string]*list.Element),
	}
}

// Get returns the value of a key.
func (c *Cache) Get(key string) ([]byte, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	element, ok := c.entries[key]
	if !ok {
		return nil, ErrMissing
	}
	c.order.MoveToFront(element)
	return element.Value.(*entry).value, nil
}

// Put keeps a value.
func (c *Cache) Put(key string, value []byte) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if element, ok := c.entries[key]; ok {
		element.Value.(*entry).value = value
		c.order.MoveToFront(element)
		return
	}
	c.entries[key] = c.order.PushFront(&entry{key, value})
	for c.order.Len() > c.capacity {
		oldest := c.order.Back()
		delete(c.entries, oldest.Value.(*entry).key)
		c.order.Remove(oldest)
	}
}
